//! Tells the linker to keep what cargo-pgrx reads in the library to write the install script.

fn main() {
    // cargo-pgrx can pass this itself, but in flags that have every dependency built a second time.
    println!("cargo::rustc-link-arg-cdylib=-Wl,--no-gc-sections");
    println!("cargo::rerun-if-changed=build.rs");
}
