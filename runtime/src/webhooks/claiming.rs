//! Claims that a store was asked for, and whose response has not arrived.

use uuid::Uuid;

use super::store::Store;

/// A claim whose response has not arrived. If it is dropped, because the caller was dropped or the response was lost,
/// the claim is abandoned: the store may have made it nevertheless.
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

    /// Call this when the response has arrived. Returns the token.
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
