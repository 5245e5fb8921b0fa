//! Builds again when a built-in scenario or fixture is added or taken away, which the embedding does not notice.

fn main() {
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=fixtures");
}
