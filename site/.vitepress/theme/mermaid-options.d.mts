export declare function mermaidOptions(isDark: boolean): object;
