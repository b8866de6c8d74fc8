//! The program: everything is in the library.

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ketenkeur::cli::main(std::env::args_os()).into()
}
