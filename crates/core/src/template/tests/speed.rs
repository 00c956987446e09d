//! How long a message takes. The figure is of interest in a release build: `cargo test --release -p zapgres-core -- --ignored speed --nocapture`.

use std::time::Instant;

use super::super::*;

#[test]
#[ignore = "prints a figure, proves nothing"]
#[expect(clippy::print_stdout, reason = "a measurement")]
fn speed_of_a_built_in_text() {
    const ROUNDS: u32 = 20_000;
    let mut context = sample().clone();
    let item = context["items"][1].clone();
    let items = context["items"].as_array_mut().unwrap();
    items.extend([item.clone(), item.clone(), item]);
    let mut renderer = Renderer::default();
    let source = builtin("order_received", "customer", "pt-BR").unwrap();
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        renderer.render(source, &context).unwrap();
    }
    println!("{:?} per message", begin.elapsed() / ROUNDS);
}
