// Where the pages begin: styles, the language, the elements.

import "./style/tokens.css";
import "./style/app.css";
import "./style/pages.css";
import {speak} from "./i18n/index";
import {App, ConnectionState, Count, KeyList} from "./parts/app";
import {Field} from "./parts/field";
import {Ladder} from "./ladder/element";
import {SignIn} from "./pages/sign-in";
import {Calls} from "./pages/calls";
import {OneCall} from "./pages/call";
import {Recording} from "./pages/recording";
import {Notes} from "./pages/notes";
import {Live} from "./pages/live";
import {Phone} from "./pages/phone";
import {Me} from "./pages/me";
import {People} from "./pages/people";
import {Who} from "./parts/who";

speak();
const theme = localStorage.getItem("harmony.theme");
if (theme) document.documentElement.dataset["theme"] = theme;
customElements.define("harmony-ladder", Ladder);
customElements.define("harmony-sign-in", SignIn);
customElements.define("harmony-connection", ConnectionState);
customElements.define("harmony-count", Count);
customElements.define("harmony-keys", KeyList);
customElements.define("harmony-field", Field);
customElements.define("harmony-calls", Calls);
customElements.define("harmony-one-call", OneCall);
customElements.define("harmony-recording", Recording);
customElements.define("harmony-notes", Notes);
customElements.define("harmony-live", Live);
customElements.define("harmony-phone", Phone);
customElements.define("harmony-me", Me);
customElements.define("harmony-who", Who);
customElements.define("harmony-people", People);
customElements.define("harmony-app", App);
