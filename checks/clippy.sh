cargo clippy --offline --locked --all-targets --all-features -- --deny warnings
