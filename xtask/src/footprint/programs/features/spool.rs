use std::error::Error;
use std::future::IntoFuture;
use std::time::Duration;

use polar_client::MODULE::Polar;
use polar_client::ingest::Spool;

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    if let Some(spool) = crate::once(Spool::options("usage").open()) {
        let (metering, driver) = polar.metering().spool(spool?).build()?;
        crate::once(driver);
        crate::once(metering.customer("u-1").track("call").metadata("units", 3).into_future());
        crate::once(metering.shutdown(Duration::from_secs(10)));
    }
    Ok(())
}
