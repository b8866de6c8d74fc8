//! Pages that are part of the binary.

use minijinja::{Environment, UndefinedBehavior};

/// The templates of pages by name. `undefined` says what becomes of a name
/// that a page asks for and is not given.
///
/// # Panics
///
/// A template is none. They are part of the binary, and tests make every page.
pub fn templates(
    sources: &'static [(&'static str, &'static str)],
    undefined: UndefinedBehavior,
) -> Environment<'static> {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(undefined);
    for (name, source) in sources {
        pages
            .add_template(name, source)
            .expect("the embedded templates are valid");
    }
    pages
}
