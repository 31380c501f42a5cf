//! Spools in temporary folders.

use polar_client::ingest::{Spool, SpoolSync};
use polar_client::metering::MeteringBuilder;

/// Adds a spool, whose folder is removed when the returned one is dropped.
pub(crate) async fn attach(
    metering: MeteringBuilder,
    sync: SpoolSync,
) -> (MeteringBuilder, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::options(folder.path()).sync(sync).budget(8 << 30);
    (metering.spool(spool.open().await.unwrap()), folder)
}
