//! The pages in a real browser: see below.
