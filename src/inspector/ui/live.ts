import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { State } from "../report.ts";
import { loadState } from "./api.ts";

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
      })
      .catch((problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)))
      .finally(() => {
        const isStale = loading.current === "again";
        loading.current = "idle";
        if (isStale) reload();
      });
  }, []);

  useEffect(() => {
    let source: EventSource | undefined;
    let retry = 0;
    const open = (): void => {
      source = new EventSource("live");
      source.addEventListener("open", () => {
        setLive(true);
        reload();
      });
      source.addEventListener("change", reload);
      source.addEventListener("error", () => {
        setLive(false);
        if (source?.readyState !== EventSource.CLOSED) return;
        // The server was started anew and does not know this browser any more: the state brings a cookie.
        reload();
        retry = window.setTimeout(open, 3000);
      });
    };
    const look = (): void => {
      if (document.visibilityState === "visible") reload();
    };
    reload();
    open();
    document.addEventListener("visibilitychange", look);
    return () => {
      source?.close();
      clearTimeout(retry);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);

  return { state, isLive, error, reload };
}
