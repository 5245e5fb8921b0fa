//! The command `identomat-mock`.

use std::process::ExitCode;

fn main() -> ExitCode {
    identomat_mock::cli::run(return_memory)
}

/// Returns free memory to the system. Otherwise glibc's allocator keeps free memory below memory in use.
fn return_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "there is no safe function for it; it takes no pointer, and any thread may call it")]
    unsafe {
        libc::malloc_trim(0);
    }
}
