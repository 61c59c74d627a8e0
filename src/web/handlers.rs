//! The handlers outside of the REST API: pages and server functions, the files beside them, and the
//! downloads and forms that browsers and mail programs use without a page.

mod browser_download;
pub(super) mod calendar;
pub(super) mod codes_download;
pub(super) mod embed;
pub(super) mod manifest;
pub(super) mod pages;
pub(super) mod participants_download;
pub(super) mod pdf_downloads;
pub(super) mod service_worker;
pub(super) mod site_files;
pub(super) mod unsubscribe;
