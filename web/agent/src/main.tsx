import { createRoot } from "react-dom/client";
import { App } from "./views/App";
import "./views/style.css";

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
