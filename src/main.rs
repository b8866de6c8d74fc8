//! The program: everything is in the library.

/// Judging allocates much and briefly, on several threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ketenkeur::cli::main(std::env::args_os()).into()
}
