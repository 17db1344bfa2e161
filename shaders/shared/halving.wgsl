// Maps halved in both directions, by pooling or sub-sampling: each output unit has a field of 2×2
// inputs. An odd last row or column of the input lies in fields that are cut short: they have no
// output.

// Groups of samples; of one model, where a kernel tells models apart.
override GROUPS: u32;
override MAPS: u32;
override INPUT_HEIGHT: u32;
override INPUT_WIDTH: u32;
override OUTPUT_HEIGHT: u32;
override OUTPUT_WIDTH: u32;

// A field, by its row and column among those of its map; maps are counted through all groups.
struct Field { map: u32, y: u32, x: u32 }

// The field of an output unit.
fn field_of_output(unit: u32) -> Field {
    return Field(unit / (OUTPUT_WIDTH * OUTPUT_HEIGHT), unit / OUTPUT_WIDTH % OUTPUT_HEIGHT,
        unit % OUTPUT_WIDTH);
}

// The field that an input unit lies in.
fn field_of_input(unit: u32) -> Field {
    return Field(unit / (INPUT_WIDTH * INPUT_HEIGHT), unit / INPUT_WIDTH % INPUT_HEIGHT / 2u,
        unit % INPUT_WIDTH / 2u);
}

// Whether a field has an output.
fn is_whole(field: Field) -> bool {
    return field.x < OUTPUT_WIDTH && field.y < OUTPUT_HEIGHT;
}

// The output unit of a field.
fn output_unit(field: Field) -> u32 {
    return (field.map * OUTPUT_HEIGHT + field.y) * OUTPUT_WIDTH + field.x;
}

// The first of a field's input units; the others are right of it, below it, and right of that.
fn first_input(field: Field) -> u32 {
    return (field.map * INPUT_HEIGHT + 2u * field.y) * INPUT_WIDTH + 2u * field.x;
}
