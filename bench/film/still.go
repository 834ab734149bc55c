package film

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"channelbench/internal/channel"
)

// Still makes an MP4 file of a clip's length and size that players accept: one grey frame, shown
// for the whole length. A 720p one has 5 kB. It is what mock halves sell.
func Still(c channel.Clip) ([]byte, error) {
	width, height, err := c.Size()
	if err != nil {
		return nil, err
	}
	return still(time.Duration(c.Seconds)*time.Second, width, height)
}

func still(length time.Duration, width, height int) ([]byte, error) {
	if length <= 0 || length > 24*time.Hour || min(width, height) < 2 || max(width, height) > channel.MaxSide {
		return nil, fmt.Errorf("no film is %v long and %dx%d", length, width, height)
	}
	sps, pps, frame := unit(0x67, sequence(width, height)), unit(0x68, picture()), unit(0x65, grey(width, height))
	sample := append(u32(len(frame)), frame...)
	head := box("ftyp", []byte("isom"), u32(512), []byte("isomiso2avc1mp41"))
	mdat := box("mdat", sample)
	moov := movieOf(int(length.Milliseconds()), width, height, len(head)+8, len(sample), avcC(sps, pps))
	return bytes.Join([][]byte{head, mdat, moov}, nil), nil
}

// movieOf describes a film of one sample; times are in milliseconds.
func movieOf(length, width, height, offset, size int, codec []byte) []byte {
	matrix := bytes.Join([][]byte{u32(1 << 16), zeros(12), u32(1 << 16), zeros(12), u32(1 << 30)}, nil)
	mvhd := full("mvhd", 0, zeros(8), u32(1000), u32(length), u32(1<<16), u16(1<<8), zeros(10), matrix, zeros(24), u32(2))
	tkhd := full("tkhd", 3, zeros(8), u32(1), zeros(4), u32(length), zeros(16), matrix, u32(width<<16), u32(height<<16))
	mdhd := full("mdhd", 0, zeros(8), u32(1000), u32(length), u16(0x55c4), zeros(2)) // 0x55c4: no language
	hdlr := full("hdlr", 0, zeros(4), []byte("vide"), zeros(12), []byte("VideoHandler\x00"))
	dinf := box("dinf", full("dref", 0, u32(1), full("url ", 1)))
	avc1 := box("avc1", zeros(6), u16(1), zeros(16), u16(width), u16(height), u32(72<<16), u32(72<<16), zeros(4), u16(1),
		zeros(32), u16(24), u16(0xffff), codec)
	stbl := box("stbl",
		full("stsd", 0, u32(1), avc1),
		full("stts", 0, u32(1), u32(1), u32(length)),
		full("stsc", 0, u32(1), u32(1), u32(1), u32(1)),
		full("stsz", 0, u32(size), u32(1)),
		full("stco", 0, u32(1), u32(offset)))
	minf := box("minf", full("vmhd", 1, zeros(8)), dinf, stbl)
	return box("moov", mvhd, box("trak", tkhd, box("mdia", mdhd, hdlr, minf)))
}

func avcC(sps, pps []byte) []byte {
	head := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}
	return box("avcC", head, u16(len(sps)), sps, []byte{1}, u16(len(pps)), pps)
}

func box(kind string, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	return bytes.Join([][]byte{u32(8 + len(content)), []byte(kind), content}, nil)
}

// full is a box with version 0 and flags.
func full(kind string, flags int, parts ...[]byte) []byte {
	return box(kind, append([][]byte{u32(flags)}, parts...)...)
}

func u32(n int) []byte   { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
func u16(n int) []byte   { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
func zeros(n int) []byte { return make([]byte, n) }

// macroblock is the side of the squares that H.264 codes.
const macroblock = 16

func blocks(pixels int) int { return (pixels + macroblock - 1) / macroblock }

// sequence is the sequence parameter set of H.264's baseline profile for a size.
func sequence(width, height int) []byte {
	var b bits
	b.put(8, 66)   // baseline
	b.put(8, 0xc0) // and constrained
	b.put(8, 51)   // level 5.1, up to 4k
	b.ue(0)        // its id
	b.ue(0)        // frame numbers of 4 bits
	b.ue(2)        // shown in the order in which they are coded
	b.ue(1)        // reference frames
	b.put(1, 0)    // no gaps in frame numbers
	b.ue(blocks(width) - 1)
	b.ue(blocks(height) - 1)
	b.put(2, 0b11) // frames, not fields; direct inference
	b.put(1, 1)    // cropped to the size, in units of two pixels
	b.ue(0)
	b.ue((blocks(width)*macroblock - width) / 2)
	b.ue(0)
	b.ue((blocks(height)*macroblock - height) / 2)
	b.put(1, 0) // no usability information
	return b.end()
}

// picture is a picture parameter set with nothing out of the ordinary.
func picture() []byte {
	var b bits
	b.ue(0)     // its id
	b.ue(0)     // of sequence 0
	b.put(2, 0) // Huffman-like coding; no field order
	b.ue(0)     // one slice group
	b.ue(0)     // reference lists of one
	b.ue(0)
	b.put(3, 0) // no weighted prediction
	b.ue(0)     // quantisers and the chroma offset as they are
	b.ue(0)
	b.ue(0)
	b.put(3, 0)
	return b.end()
}

// grey is a frame in which every block is predicted as flat and nothing differs from that: 8 bits a block.
func grey(width, height int) []byte {
	var b bits
	b.ue(0)     // from the first block
	b.ue(7)     // every slice is intra
	b.ue(0)     // picture parameter set 0
	b.put(4, 0) // frame number
	b.ue(0)     // id of the instant refresh
	b.put(2, 0) // nothing about earlier frames
	b.ue(0)     // quantiser as it is
	for range blocks(width) * blocks(height) {
		b.ue(3)         // 16x16, flat, no coefficients
		b.put(3, 0b111) // chroma flat; quantiser as it is; no flat-part coefficients
	}
	return b.end()
}

// unit is a network abstraction layer unit: its head, and its content with a 3 put wherever the
// content would look like the start of another unit.
func unit(head byte, content []byte) []byte {
	out := []byte{head}
	run := 0
	for _, c := range content {
		if run == 2 && c <= 3 {
			out = append(out, 3)
			run = 0
		}
		out = append(out, c)
		if run++; c != 0 {
			run = 0
		}
	}
	return out
}

// bits writes a bit stream.
type bits struct {
	out  []byte
	free int // bits left in the last byte
}

// put writes the lowest n bits of v.
func (b *bits) put(n, v int) {
	for i := n - 1; i >= 0; i-- {
		if b.free == 0 {
			b.out, b.free = append(b.out, 0), 8
		}
		b.free--
		b.out[len(b.out)-1] |= byte(v>>i&1) << b.free
	}
}

// ue writes v in the unsigned Exp-Golomb code; 0 is the same in the signed one.
func (b *bits) ue(v int) {
	n := 0
	for (v+1)>>(n+1) > 0 {
		n++
	}
	b.put(n, 0)
	b.put(n+1, v+1)
}

// end closes the stream with a one and zeros up to the byte.
func (b *bits) end() []byte {
	b.put(1, 1)
	return b.out
}
