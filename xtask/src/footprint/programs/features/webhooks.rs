use std::collections::HashMap;
use std::error::Error;

use polar_client::MODULE::webhooks::Event;
use polar_client::MODULE::{Polar, Webhooks};

pub use crate::without_http as client;

pub fn run(_: &Polar) -> Result<(), Box<dyn Error>> {
    let headers: HashMap<String, String> = std::env::vars().collect();
    match Webhooks::from_env()?.verify(&headers, std::fs::read("delivery.json")?)?.event {
        Event::OrderPaid(paid) => println!("{} was paid", paid.data.id),
        other => println!("ignored {}", other.event_type()),
    }
    Ok(())
}
