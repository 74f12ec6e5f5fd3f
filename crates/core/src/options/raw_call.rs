//! Reads the options of raw calls.

use super::action::Action;
use super::call::{Call, Scope};
use super::cursor::Cursor;
use super::defaults;
use super::names::{OwnerName, RouterId};
use super::raw::{RawEntries, RawKeys};
use crate::error::Result;

impl Call {
    /// Reads the options of a call that changes entries of SST's form.
    ///
    /// # Errors
    /// [`InvalidOption`](crate::error::Code::InvalidOption).
    pub fn read_entries(options: &Cursor<'_>) -> Result<Self> {
        let router = super::read_router(options)?;
        Self::raw(router, Action::Entries(RawEntries::read(options)?), options)
    }

    /// Reads the options of a call that changes keys of a namespace of SST.
    ///
    /// # Errors
    /// [`InvalidOption`](crate::error::Code::InvalidOption), [`TooLarge`](crate::error::Code::TooLarge).
    pub fn read_keys(options: &Cursor<'_>) -> Result<Self> {
        let keys = RawKeys::read(options)?;
        Self::raw(keys.namespace.clone(), Action::Keys(keys), options)
    }

    /// Reads the options of a call that only sets whether the router's table has an index.
    ///
    /// # Errors
    /// [`InvalidOption`](crate::error::Code::InvalidOption).
    pub fn read_index(options: &Cursor<'_>) -> Result<Self> {
        options.require("index", "true or false")?.flag()?;
        let router = super::read_router(options)?;
        Self::raw(router, Action::Entries(RawEntries::default()), options)
    }

    fn raw(namespace: RouterId, action: Action, options: &Cursor<'_>) -> Result<Self> {
        let mut call = Self::new(namespace, OwnerName::parse(defaults::RAW_OWNER)?, Vec::new())?;
        call.scope = Scope::Previous(Vec::new());
        call.action = action;
        call.read_write(options)?;
        Ok(call)
    }
}
