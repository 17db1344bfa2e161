// Pictures and the fields that they are put into: paper is BACKGROUND, ink INK, 0 and 255 as bytes.

const BACKGROUND = -0.1;
const INK = 1.175;

// Sides of picture and field, multiples of 4 with an even difference.
override IMAGE_SIDE: u32;
override FIELD_SIDE: u32;

// The value of ink from 0 to 1 in a field.
fn shade(ink: f32) -> f32 {
    return BACKGROUND + (INK - BACKGROUND) * ink;
}
