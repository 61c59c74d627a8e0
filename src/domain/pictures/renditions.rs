//! Turns an uploaded file into the JPEG files that are served: a pure function that takes up to a second of
//! one core.
//!
//! Nothing of the file is kept but its pixels, so that neither the place where a photograph was taken nor a
//! script or an archive behind the picture is ever served. What the file is follows from its content, and its
//! size is read before its pixels are: a small file that unpacks to gigabytes is refused.

use std::io::Cursor;

use bytes::Bytes;
use fast_image_resize::{ResizeOptions, Resizer, images::Image, pixels::PixelType};
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
    codecs::jpeg::JpegEncoder,
};

use crate::model::picture::{Focus, LONGEST_SIDE, MOST_PIXELS, PictureError, SMALLEST, WIDTHS};

/// The memory that a decoder may use, in bytes.
const MEMORY: u64 = 320 << 20;
/// The quality of the JPEG files, 1 to 100.
const QUALITY: u8 = 82;
/// The ratio of width and height in which pictures are shown, as in social networks.
const RATIO: f64 = 1200.0 / 630.0;

/// A picture in all widths.
#[derive(Debug)]
pub(super) struct Renditions {
    /// The widths with their JPEG files, the smallest first.
    pub(super) files: Vec<(u32, Bytes)>,
    /// The height of the widest one, in pixels.
    pub(super) height: u32,
}

/// Returns the picture in `file` in all widths, upright and cut to the ratio of covers around `focus`.
///
/// # Errors
/// Returns the reason why the file is not accepted.
pub(super) fn renditions(file: &[u8], focus: Focus) -> Result<Renditions, PictureError> {
    let pixels = cut(&decoded(file)?, focus);
    let (width, height) = pixels.dimensions();
    let mut widths: Vec<_> = WIDTHS.into_iter().filter(|one| *one < width).collect();
    if widths.len() < WIDTHS.len() {
        widths.push(width);
    }
    let source = Image::from_vec_u8(width, height, pixels.into_raw(), PixelType::U8x3)
        .map_err(|_| PictureError::Unreadable)?;
    let mut files = Vec::with_capacity(widths.len());
    let mut tallest = 0;
    for one in widths {
        let scaled = scaled_height(width, height, one);
        tallest = scaled;
        files.push((one, encoded(&source, one, scaled)?));
    }
    Ok(Renditions {
        files,
        height: tallest,
    })
}

/// Returns the pixels of a file, upright and without transparency.
fn decoded(file: &[u8]) -> Result<RgbImage, PictureError> {
    let format = image::guess_format(file).map_err(|_| PictureError::UnknownType)?;
    if !matches!(
        format,
        ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP
    ) {
        return Err(PictureError::UnknownType);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
        return Err(PictureError::TooManyPixels);
    }
    // A picture that lies on its side is measured as it is shown.
    let (longer, shorter) = (width.max(height), width.min(height));
    if longer < SMALLEST.0 || shorter < SMALLEST.1 {
        return Err(PictureError::TooSmall);
    }
    let orientation = decoder
        .orientation()
        .map_err(|_| PictureError::Unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| PictureError::Unreadable)?;
    picture.apply_orientation(orientation);
    if picture.width() < SMALLEST.0 {
        return Err(PictureError::TooSmall);
    }
    Ok(on_white(picture))
}

/// Returns the reason why a decoder refuses a file.
fn refusal(error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::Unreadable,
    }
}

/// Returns a picture on a white ground, since JPEG has no transparency.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let mixed = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u16::from(colour), u16::from(alpha));
        u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let source = picture.into_rgba8();
    let mut ground = RgbImage::new(source.width(), source.height());
    for (to, from) in ground.pixels_mut().zip(source.pixels()) {
        let [red, green, blue, alpha] = from.0;
        to.0 = [red, green, blue].map(|colour| mixed(colour, alpha));
    }
    ground
}

/// Cuts a picture to the ratio of covers, around `focus`.
fn cut(picture: &RgbImage, focus: Focus) -> RgbImage {
    let (width, height) = picture.dimensions();
    let (across, down) = (f64::from(width), f64::from(height));
    let (kept_width, kept_height) = if across > down * RATIO {
        (pixels(down * RATIO).min(width), height)
    } else {
        (width, pixels(across / RATIO).min(height))
    };
    let (left, above) = focus.shares();
    let x = pixels(f64::from(width - kept_width) * left);
    let y = pixels(f64::from(height - kept_height) * above);
    image::imageops::crop_imm(picture, x, y, kept_width, kept_height).to_image()
}

fn scaled_height(width: u32, height: u32, to: u32) -> u32 {
    pixels(f64::from(height) * f64::from(to) / f64::from(width)).max(1)
}

/// Rounds a number of pixels, which is never negative and at most [`LONGEST_SIDE`].
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 0 and at most 16,000"
)]
fn pixels(number: f64) -> u32 {
    number.round() as u32
}

fn encoded(source: &Image<'_>, width: u32, height: u32) -> Result<Bytes, PictureError> {
    let mut scaled = Image::new(width, height, PixelType::U8x3);
    Resizer::new()
        .resize(source, &mut scaled, &ResizeOptions::new())
        .map_err(|_| PictureError::Unreadable)?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(
            scaled.buffer(),
            width,
            height,
            image::ExtendedColorType::Rgb8,
        )
        .map_err(|_| PictureError::Unreadable)?;
    Ok(jpeg.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a picture whose left half is red and whose right half is blue.
    fn halves(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, _| {
            image::Rgb(if x < width / 2 {
                [250, 0, 0]
            } else {
                [0, 0, 250]
            })
        })
    }

    fn file(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        picture.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    fn read(jpeg: &Bytes) -> RgbImage {
        image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)
            .unwrap()
            .into_rgb8()
    }

    #[test]
    fn a_picture_is_stored_in_several_widths_with_the_ratio_of_covers() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let made = renditions(&file(&halves(1000, 700), format), Focus::Center).unwrap();
            let widths: Vec<_> = made.files.iter().map(|(width, _)| *width).collect();
            assert_eq!(widths, [400, 800, 1000]);
            assert_eq!(made.height, 525);
            for (width, jpeg) in &made.files {
                let picture = read(jpeg);
                assert_eq!(picture.width(), *width);
            }
        }
        let made = renditions(&file(&halves(2400, 1260), ImageFormat::Jpeg), Focus::Center);
        let made = made.unwrap();
        assert_eq!(made.files.len(), WIDTHS.len());
        assert_eq!(made.height, 840);
    }

    #[test]
    fn the_focus_stays_in_the_picture() {
        let wide = file(&halves(4000, 600), ImageFormat::Png);
        for (focus, expected) in [(Focus::Left, 0), (Focus::Right, 2)] {
            let made = renditions(&wide, focus).unwrap();
            let picture = read(&made.files[0].1);
            for x in [10, picture.width() - 10] {
                let strongest = picture.get_pixel(x, 100).0[expected];
                assert!(strongest > 200, "{focus:?} at {x}: {strongest}");
            }
        }
    }

    /// Returns a JPEG file with an EXIF block that states an orientation and a place.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        exif.extend(b"GPS 56.1567 N 10.2108 E");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let mut file = jpeg[..2].to_vec();
        file.extend([0xff, 0xe1]);
        file.extend(length);
        file.extend(exif);
        file.extend(&jpeg[2..]);
        file
    }

    #[test]
    fn a_picture_is_turned_upright_and_loses_what_else_the_file_says() {
        let jpeg = file(&halves(800, 1400), ImageFormat::Jpeg);
        // Orientation 6: the top of the file's pixels is the right side of the picture.
        let made = renditions(&with_exif(&jpeg, 6), Focus::Center).unwrap();
        assert_eq!(made.files.last().unwrap().0, 1400);
        let picture = read(&made.files[0].1);
        assert!(picture.get_pixel(200, 20).0[0] > 200, "red is above");
        assert!(picture.get_pixel(200, 190).0[2] > 200, "blue is below");
        for (_, jpeg) in &made.files {
            let holds = |text: &[u8]| jpeg.windows(text.len()).any(|part| part == text);
            assert!(!holds(b"Exif") && !holds(b"GPS"));
        }
    }

    #[test]
    fn what_follows_a_picture_is_not_served() {
        let mut polyglot = file(&halves(600, 400), ImageFormat::Png);
        polyglot.extend(b"<script>alert(1)</script>PK\x03\x04");
        for (_, jpeg) in renditions(&polyglot, Focus::Center).unwrap().files {
            assert!(!jpeg.windows(7).any(|part| part == b"<script"));
        }
    }

    /// Returns the beginning of a PNG file that states these dimensions, with a right checksum.
    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut file = file(&halves(2, 2), ImageFormat::Png);
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&file[12..29]);
        file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        file
    }

    #[test]
    fn files_that_are_no_usable_picture_are_refused_with_a_reason() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
        let png = file(&halves(700, 400), ImageFormat::Png);
        let jpeg = file(&halves(700, 400), ImageFormat::Jpeg);
        let small = file(&halves(599, 400), ImageFormat::Png);
        for (file, reason) in [
            (svg.to_vec(), PictureError::UnknownType),
            (gif.to_vec(), PictureError::UnknownType),
            (b"%PDF-1.7".to_vec(), PictureError::UnknownType),
            (Vec::new(), PictureError::UnknownType),
            (png[..png.len() / 2].to_vec(), PictureError::Unreadable),
            (
                b"\xff\xd8\xff\xe0 no picture".to_vec(),
                PictureError::Unreadable,
            ),
            (jpeg[..200].to_vec(), PictureError::Unreadable),
            (small, PictureError::TooSmall),
            (png_of(30_000, 30_000), PictureError::TooManyPixels),
            (png_of(16_001, 700), PictureError::TooManyPixels),
            (png_of(u32::MAX >> 1, 1), PictureError::TooManyPixels),
            (png_of(8_000, 6_000), PictureError::Unreadable),
        ] {
            let refused = renditions(&file, Focus::Center).unwrap_err();
            assert_eq!(refused, reason, "{} bytes", file.len());
        }
    }
}
