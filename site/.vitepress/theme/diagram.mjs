import { useData, withBase } from "vitepress";
import { defineComponent, h, onMounted, ref, watch } from "vue";
import { mermaidOptions } from "./mermaid-options.mjs";

let loading;
let count = 0;

/** Mermaid, from the site itself, when a page first needs it. */
function loadMermaid() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = withBase("/mermaid.js");
    script.addEventListener("load", () => resolve(globalThis.mermaid));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
}

/** A diagram of Mermaid's, drawn in the browser, again where light becomes dark. Until then its text is shown. */
export const Diagram = defineComponent({
  props: { code: { type: String, required: true } },
  setup(props) {
    const text = decodeURIComponent(props.code);
    const { isDark } = useData();
    const svg = ref("");
    const draw = async () => {
      const mermaid = await loadMermaid();
      mermaid.initialize(mermaidOptions(isDark.value));
      const drawn = await mermaid.render(`diagram-${count++}`, text);
      svg.value = drawn.svg;
    };
    onMounted(draw);
    watch(isDark, draw);
    return () => (svg.value === "" ? h("pre", text) : h("div", { class: "diagram", innerHTML: svg.value }));
  },
});
