// The response to a form that was posted without the script of the widget.
import { tellFinished } from "./finished.js";

tellFinished();
