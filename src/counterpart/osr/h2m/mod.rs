//! The web pages on which schools give their mandates (50-osr.md, flow 1 and
//! 6: Mandaten beheren, school, + mandaat toevoegen, service, system). They
//! work without scripts, in Dutch and with `?lang=en` in English. Logging in
//! is simulated: whoever opens the page can be any of the invented employees.

mod forms;
mod pages;
mod routes;
mod session;
mod view;

pub(super) use pages::Pages;
pub(super) use routes::answer;
