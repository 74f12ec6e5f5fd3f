//! Reads how CloudFront signs requests to an origin.

use super::cursor::Cursor;
use crate::error::Result;
use crate::route::origin::{OriginAccessControl, OriginType, SigningBehavior, SigningProtocol};

/// Reads an origin access control. `CloudFront` needs either all fields or `enabled: false`. Fields that an enabled
/// control leaves out get the values that SST sets for a function URL: always sign, with signature version 4, for Lambda.
pub(super) fn read_access_control(at: &Cursor<'_>) -> Result<OriginAccessControl> {
    at.fields(&["enabled", "signingBehavior", "signingProtocol", "originType"])?;
    let behavior = [
        ("always", SigningBehavior::Always),
        ("never", SigningBehavior::Never),
        ("no-override", SigningBehavior::NoOverride),
    ];
    let origin = [
        ("lambda", OriginType::Lambda),
        ("s3", OriginType::S3),
        ("mediapackagev2", OriginType::MediaPackageV2),
        ("mediastore", OriginType::MediaStore),
    ];
    let enabled = at.get("enabled").map_or(Ok(true), |at| at.flag())?;
    let signing_behavior = at.get("signingBehavior").map(|at| at.choice(&behavior)).transpose()?;
    let signing_protocol =
        at.get("signingProtocol").map(|at| at.choice(&[("sigv4", SigningProtocol::Sigv4)])).transpose()?;
    let origin_type = at.get("originType").map(|at| at.choice(&origin)).transpose()?;
    Ok(OriginAccessControl {
        enabled,
        signing_behavior: signing_behavior.or(enabled.then_some(SigningBehavior::Always)),
        signing_protocol: signing_protocol.or(enabled.then_some(SigningProtocol::Sigv4)),
        origin_type: origin_type.or(enabled.then_some(OriginType::Lambda)),
    })
}
