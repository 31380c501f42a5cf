//! Claims that are being made in a database.

use uuid::Uuid;

use super::store::Store;

/// A claim that was sent to the database, whose response has not arrived.
///
/// Dropping it abandons the claim: the caller was dropped, or the response was lost. The database may have made the
/// claim nevertheless.
pub(super) struct Claiming<'a, S: Store<Token = Uuid>> {
    store: &'a S,
    id: &'a str,
    token: Uuid,
    is_open: bool,
}

impl<'a, S: Store<Token = Uuid>> Claiming<'a, S> {
    pub(super) fn new(store: &'a S, id: &'a str) -> Self {
        Self {
            store,
            id,
            token: Uuid::new_v4(),
            is_open: true,
        }
    }

    pub(super) fn token(&self) -> &Uuid {
        &self.token
    }

    /// Returns the token, after the response has arrived. The claim is not abandoned any more.
    pub(super) fn finish(mut self) -> Uuid {
        self.is_open = false;
        self.token
    }
}

impl<S: Store<Token = Uuid>> Drop for Claiming<'_, S> {
    fn drop(&mut self) {
        if self.is_open {
            self.store.abandon(self.id, &self.token);
        }
    }
}
