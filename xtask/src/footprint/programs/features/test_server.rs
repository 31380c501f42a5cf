use std::error::Error;

use polar_client::MODULE::{Api, Polar};
use polar_client::testing::{Server, Store};

pub use crate::without_http as client;

pub fn run(_: &Polar) -> Result<(), Box<dyn Error>> {
    println!("{}", Server::start(Store::new(Api).transport())?.url());
    Ok(())
}
