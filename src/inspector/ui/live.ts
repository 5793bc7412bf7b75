import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { State } from "../report.ts";
import { addressOf, loadState } from "./api.ts";

export interface Live {
  readonly state: State | undefined;
  readonly isLive: boolean;
  readonly error: string | undefined;
  readonly reload: () => void;
}

/** The newest state: it is loaded again whenever the server tells of something new, and when the page is looked at again. */
export function useLive(): Live {
  const [state, setState] = useState<State>();
  const [isLive, setLive] = useState(false);
  const [error, setError] = useState<string>();
  const loading = useRef<"idle" | "loading" | "again">("idle");
  /** Begins to listen, where that has not begun. */
  const listen = useRef(() => {});
  const retry = useRef(0);

  const later = (): void => {
    clearTimeout(retry.current);
    retry.current = window.setTimeout(reload, 3000);
  };

  const reload = useCallback(() => {
    if (loading.current !== "idle") {
      loading.current = "again";
      return;
    }
    loading.current = "loading";
    loadState()
      .then((loaded) => {
        setState(loaded);
        setError(undefined);
        if (loaded.isWatched) listen.current();
      })
      .catch((problem: unknown) => {
        setError(problem instanceof Error ? problem.message : String(problem));
        later();
      })
      .finally(() => {
        const isStale = loading.current === "again";
        loading.current = "idle";
        if (isStale) reload();
      });
  }, []);

  useEffect(() => {
    let source: EventSource | undefined;
    const open = (): void => {
      if (source !== undefined && source.readyState !== EventSource.CLOSED) return;
      source = new EventSource(addressOf("live"));
      source.addEventListener("open", () => {
        setLive(true);
        reload();
      });
      source.addEventListener("change", reload);
      source.addEventListener("error", () => {
        setLive(false);
        // The server was started anew and does not know this browser any more: the state brings a cookie.
        if (source?.readyState === EventSource.CLOSED) later();
      });
    };
    const look = (): void => {
      if (document.visibilityState === "visible") reload();
    };
    listen.current = open;
    reload();
    document.addEventListener("visibilitychange", look);
    return () => {
      source?.close();
      clearTimeout(retry.current);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);

  return { state, isLive, error, reload };
}
