// One page, hashed files beside it, each compressed once at the build: the server hands out what lies here.
import {promisify} from "node:util";
import {brotliCompress, constants, gzip} from "node:zlib";
import {defineConfig, type Plugin} from "vite";

const TEXTS = /\.(js|css|svg|json|html)$/;

function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    async generateBundle(_, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        if (!TEXTS.test(name)) continue;
        const content = Buffer.from(file.type === "chunk" ? file.code : file.source);
        const br = await promisify(brotliCompress)(content, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}});
        this.emitFile({type: "asset", fileName: `${name}.br`, source: br});
        this.emitFile({type: "asset", fileName: `${name}.gz`, source: await promisify(gzip)(content, {level: 9})});
      }
    },
  };
}

const HARMONY = process.env["HARMONY_ADDRESS"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  build: {outDir: "built", assetsInlineLimit: 0, modulePreload: {polyfill: false}, target: "es2022", reportCompressedSize: false},
  plugins: [compressed()],
  server: {host: "127.0.0.1", proxy: {"/v1": HARMONY, "/livez": HARMONY, "/openapi.json": HARMONY}},
  worker: {format: "es"},
  test: {include: ["src/**/*.test.ts"], pool: "threads", isolate: false},
} as Parameters<typeof defineConfig>[0]);
