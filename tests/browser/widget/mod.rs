//! The widget: a person goes through it, and the company's backend reads what came of it.

mod camera;
mod demo;
mod devices;
mod doctor;
mod drawer;
mod end;
mod flags;
mod hostile;
mod languages;
mod live_origin;
mod steps;
