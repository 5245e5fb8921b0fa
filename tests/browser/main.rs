//! The widget in a real Chromium: what only a browser shows, such as clicks, messages between pages, and looks.
//!
//! Each test has a mock, a browser and, where needed, a company's site of its own, so tests share nothing and run at
//! once. `make browser` installs Chromium, its shell and their driver; without them the tests fail and say so. Pictures of
//! the pages are left in `target/screenshots/`.

mod browser;
mod control_api;
mod looks;
mod media;
mod recipe;
mod site;
mod visit;
mod widget;
