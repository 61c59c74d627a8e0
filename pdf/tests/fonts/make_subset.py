# Makes the font of the tests: see README.md
import sys
from fontTools import subset
chars = set(map(chr, range(0x20,0x7f)))
chars |= set('、。・ー「」（）〜')
for path in sys.argv[3:]:
    chars |= {c for c in open(path, encoding='utf-8').read() if ord(c) >= 0x2000 and ord(c) < 0xffff}
o = subset.Options(); o.layout_features=['ccmp','locl','mark','mkmk','kern']; o.name_IDs=[0,1,2,3,4,5,6,13,14,16,17]; o.hinting=False; o.desubroutinize=False; o.notdef_outline=True
f = subset.load_font(sys.argv[1], o)
s = subset.Subsetter(o); s.populate(text=''.join(chars)); s.subset(f)
subset.save_font(f, sys.argv[2], o)
