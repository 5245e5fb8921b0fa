//! The command `identomat-mock`.

fn main() -> std::process::ExitCode {
    identomat_mock::cli::run()
}
