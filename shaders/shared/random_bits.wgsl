// Numbers that look random and can be computed anywhere, without a state.

// A 32-bit integer hash with good avalanche (C. Wellons' "lowbias32").
fn mix_bits(value: u32) -> u32 {
    let a = (value ^ (value >> 16u)) * 0x7feb352du;
    let b = (a ^ (a >> 15u)) * 0x846ca68bu;
    return b ^ (b >> 16u);
}
