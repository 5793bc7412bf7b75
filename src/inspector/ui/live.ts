import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { State } from "../report.ts";
import { addressOf, loadState } from "./api.ts";

export interface Live {
  readonly state: State | undefined;
  readonly isLive: boolean;
  /** Whether the browser gets a cookie of ours with each answer, and brings none: it keeps no cookies. */
  readonly isCookieless: boolean;
  readonly error: string | undefined;
  readonly reload: () => void;
}

/** So often a server that was started anew may know nothing of a browser. */
const COOKIELESS = 3;

/** The newest state: it is loaded again whenever the server tells of something new, and when the page is looked at again. */
export function useLive(): Live {
  const [state, setState] = useState<State>();
  const [isLive, setLive] = useState(false);
  const [isCookieless, setCookieless] = useState(false);
  const [error, setError] = useState<string>();
  const loading = useRef<"idle" | "loading" | "again">("idle");
  /** Begins to listen, where that has not begun. */
  const listen = useRef(() => {});
  const retry = useRef(0);
  /** How often the server has known nothing of this browser, one time after the other. */
  const unknown = useRef(0);

  const later = (): void => {
    clearTimeout(retry.current);
    retry.current = window.setTimeout(reload, unknown.current < COOKIELESS ? 3000 : 60_000);
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
        setCookieless(false);
        unknown.current = 0;
        reload();
      });
      source.addEventListener("change", reload);
      source.addEventListener("error", () => {
        setLive(false);
        // The server was started anew and does not know this browser any more: the state brings a cookie.
        if (source?.readyState !== EventSource.CLOSED) return;
        unknown.current += 1;
        if (unknown.current === COOKIELESS) setCookieless(true);
        later();
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

  return { state, isLive, isCookieless, error, reload };
}
