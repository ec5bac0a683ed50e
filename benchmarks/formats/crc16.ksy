meta:
  id: framed
  title: the frames of crc16.toml
  endian: le
seq:
  - id: marker
    contents: [0xb5, 0x62]
  - id: group
    type: u1
  - id: number
    type: u1
  - id: len_payload
    type: u2
  - id: payload
    size: len_payload
  - id: crc
    type: u2
