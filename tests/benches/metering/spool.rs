//! Creates spools in temporary folders.

use polar_client::ingest::{Spool, SpoolSync};
use polar_client::metering::MeteringBuilder;

/// Adds a spool to metering. Its folder is removed when the returned `TempDir` is dropped.
pub(crate) async fn attach(
    metering: MeteringBuilder,
    sync: SpoolSync,
) -> (MeteringBuilder, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::options(folder.path()).sync(sync).budget(8 << 30);
    (metering.spool(spool.open().await.unwrap()), folder)
}
