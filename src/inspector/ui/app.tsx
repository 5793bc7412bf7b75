/** @jsxImportSource preact */
import { useRef, useState } from "preact/hooks";
import { CookiesPanel } from "./cookies-panel.tsx";
import { useLive } from "./live.ts";
import { RequestsPanel } from "./requests-panel.tsx";
import { SessionPanel } from "./session-panel.tsx";
import { TamperBench } from "./tamper-bench.tsx";
import { type Asked, WhyNot } from "./why-not.tsx";

const SECTIONS = [
  ["session", "Session"],
  ["cookies", "Cookies"],
  ["requests", "Requests"],
  ["why-not", "Why not?"],
  ["tamper", "Tamper bench"],
] as const;

export function App() {
  const { state, isLive, isCookieless, error, reload } = useLive();
  const canWatch = state?.isWatched !== false && !isCookieless;
  const [asked, setAsked] = useState<Asked>();
  const count = useRef(0);
  return (
    <>
      <a class="skip" href="#session">
        Skip to the session
      </a>
      <header>
        <h1>Session inspector</h1>
        <p class={isLive ? "live on" : "live"} role="status">
          {isLive ? "live" : canWatch ? "waiting for the server" : "not live"}
        </p>
        <nav aria-label="Sections">
          {SECTIONS.map(([id, title]) => (
            <a key={id} href={`#${id}`}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      {error !== undefined && (
        <p class="alert" role="alert">
          {error}
        </p>
      )}
      {state !== undefined && (
        <main>
          <div class="column">
            <SessionPanel session={state.session} />
            <CookiesPanel cookies={state.cookies} findings={state.findings} />
            <TamperBench parts={state.session.parts} cookie={state.session.cookie} />
          </div>
          <div class="column">
            <RequestsPanel
              requests={state.requests}
              isWatched={state.isWatched}
              isCookieless={isCookieless}
              limit={state.limit}
              onForgotten={reload}
              onAsk={(header, url) => {
                setAsked({ header, url, count: ++count.current });
                document.querySelector<HTMLElement>("#why-not")?.scrollIntoView();
              }}
            />
            <WhyNot key={asked?.count ?? 0} asked={asked} />
          </div>
        </main>
      )}
      <footer>
        Of this browser alone, and in memory alone. Values and IDs are masked; the rules of browsers are those
        of RFC 6265bis.
      </footer>
    </>
  );
}
