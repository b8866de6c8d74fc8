//! The program: everything is in the library.

fn main() -> std::process::ExitCode {
    ketenkeur::cli::main(std::env::args_os()).into()
}
