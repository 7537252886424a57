//! `/vendors`: the vendors of the booking facade. Source: S2.

use patchbay_core::Ctx;
use patchbay_core::ids::VendorId;
use patchbay_core::place::PlaceStatus;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::vendors::{self, Vendor, VendorFilter};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::vendor_body::{NewVendor, VendorBody, VendorChange};
use crate::error::HubError;
use crate::resource::text::searched;
use crate::resource::{Mark, Resource, Window, endpoints, require_dispatch_lead};
use crate::state::Hub;

/// Which vendors to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VendorQuery {
    /// `active` or `inactive`.
    #[param(value_type = Option<String>)]
    status: Option<PlaceStatus>,
    /// Only those who do this kind of work.
    specialty: Option<String>,
    /// Text in the name.
    q: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// Companies that do the work on site.
pub(super) struct Vendors;

impl Resource for Vendors {
    const NAME: &'static str = "vendor";
    type Key = VendorId;
    type Row = Vendor;
    type Query = VendorQuery;
    type New = NewVendor;
    type Change = VendorChange;
    type Body = VendorBody;

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_dispatch_lead(ctx)
    }

    fn window(query: &VendorQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(vendor: &Vendor) -> Mark {
        Mark { id: vendor.row.id.into(), version: vendor.row.version, account: None }
    }

    fn made_from(change: &VendorChange) -> Option<i64> {
        change.version
    }

    fn body(_: &Hub, vendor: &Vendor) -> VendorBody {
        vendor.into()
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: VendorQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Vendor>, HubError> {
        let specialty = query.specialty.map(|word| word.trim().to_lowercase());
        let filter = VendorFilter { status: query.status, specialty, text: searched(query.q) };
        Ok(vendors::page(tx, &filter, after.map(VendorId), limit).await?)
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &VendorId) -> Result<Option<Vendor>, HubError> {
        Ok(vendors::by_id(tx, *key).await?)
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: NewVendor) -> Result<Vendor, HubError> {
        let vendor = new.vendor(ctx)?;
        vendors::insert(tx, &vendor).await?;
        Ok(vendor)
    }

    async fn apply(_: &mut Tx, _: &Ctx, vendor: &mut Vendor, change: VendorChange) -> Result<(), HubError> {
        Ok(change.apply(vendor)?)
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, vendor: &mut Vendor) -> Result<(), HubError> {
        vendor.row.updated_at = ctx.now;
        vendors::update(tx, vendor).await?;
        vendor.row.version += 1;
        Ok(())
    }

    fn retire(vendor: &mut Vendor) -> bool {
        std::mem::replace(&mut vendor.row.status, PlaceStatus::Inactive) != PlaceStatus::Inactive
    }
}

endpoints! {
    Vendors at "/vendors" and "/vendors/{id}" tagged "performers", named by Uuid;
    /// Vendors, in the order they were made.
    list VendorQuery;
    /// Makes a vendor. Admins, supervisors and dispatchers only.
    create NewVendor;
    /// One vendor.
    read VendorBody;
    /// Changes a vendor: what is missing stays. Admins, supervisors and dispatchers only.
    change by put VendorChange;
    /// Deactivates a vendor: it gets no more work. Admins, supervisors and dispatchers only.
    deactivate;
}
