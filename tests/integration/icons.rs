//! The icons of the installed application: they are drawn from `public/favicon.svg`, and the files in `public` are
//! what it looks like today. `UPDATE_ICONS=1` writes them.

use std::{fs, path::Path};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

/// The width and the height of the drawing.
const DRAWING: u16 = 32;

/// Returns an SVG as a square PNG with this many pixels on a side.
fn drawn(svg: &str, size: u16) -> Vec<u8> {
    let tree = Tree::from_str(svg, &Options::default()).unwrap();
    let mut pixels = Pixmap::new(size.into(), size.into()).unwrap();
    let scale = f32::from(size) / f32::from(DRAWING);
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().unwrap()
}

#[test]
fn the_icons_are_those_that_are_drawn_from_the_favicon() {
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("public");
    let favicon = fs::read_to_string(public.join("favicon.svg")).unwrap();
    // Systems cut such an icon to a shape of their own: its ground fills the square, and what it shows is
    // within the circle that stays visible (W3C Manifest, section 1.7.2).
    let maskable = favicon.replace(" rx=\"9\"", "");
    assert_ne!(maskable, favicon);
    for (name, svg, size) in [
        ("icon-192.png", &favicon, 192),
        ("icon-512.png", &favicon, 512),
        ("icon-maskable-512.png", &maskable, 512),
        ("apple-touch-icon.png", &maskable, 180),
    ] {
        let (file, drawn) = (public.join(name), drawn(svg, size));
        if std::env::var_os("UPDATE_ICONS").is_some() {
            fs::write(&file, &drawn).unwrap();
        }
        assert_eq!(
            fs::read(&file).ok(),
            Some(drawn),
            "{name}: run with UPDATE_ICONS=1"
        );
    }
}
