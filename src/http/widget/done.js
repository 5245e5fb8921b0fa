// The page that answers a form which was posted without the script of the widget.
import { tellFinished } from "./finished.js";

tellFinished();
