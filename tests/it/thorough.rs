//! How much of what can be tried a test tries.

/// The first number, or the second where everything is to be tried, as `make test-all` does.
pub(crate) fn thorough<T>(usual: T, all: T) -> T {
    if std::env::var_os("TEST_ALL").is_some() { all } else { usual }
}
