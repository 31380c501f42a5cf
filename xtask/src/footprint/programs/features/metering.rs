use std::error::Error;
use std::future::IntoFuture;
use std::time::Duration;

use polar_client::MODULE::Polar;
use polar_client::metering::{Cost, TokenUsage};

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let (metering, driver) = polar.metering().build()?;
    crate::once(driver);
    let customer = metering.customer("u-1");
    crate::once(customer.track("call").metadata("units", 3).into_future());
    let usage = TokenUsage { input: 1_200, cached_input: Some(1_000), output: 300 };
    crate::once(customer.llm("anthropic", "opus", usage).cost(Cost::usd_cents(2)).into_future());
    crate::once(metering.shutdown(Duration::from_secs(10)));
    Ok(())
}
