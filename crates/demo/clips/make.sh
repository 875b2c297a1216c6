#!/bin/sh
# The clips of the demonstration: drawn by ffmpeg's own sources, no camera, no person, nobody else's material.
# Each is 12 s, 15 frames a second, a key frame every 2 s, H.264 main profile without B frames, and loops without a seam.
# Usage: sh make.sh   (ffmpeg with libx264; the files differ a little between versions of x264)
set -eu
X="-an -c:v libx264 -profile:v main -preset slow -bf 0 -pix_fmt yuv420p -x264-params keyint=30:min-keyint=30:scenecut=0:open-gop=0:threads=1 -map_metadata -1 -fflags +bitexact -flags:v +bitexact -movflags +faststart"
box() { printf 'drawbox=%s:%s:%s:%s:%s:fill,' "$1" "$2" "$3" "$4" "$5"; }
# A mover: number, size, colour. It is laid over the scene by `at`: x and y in the time t of the loop.
mover() { printf 'color=c=%s:s=%s:r=15:d=12[m%s];' "$3" "$2" "$1"; }
# scene NAME BACKGROUND STILL MOVERS PATHS LIGHT: the light is a last filter over all.
scene() {
  n=0; chain="color=c=$2:s=640x360:r=15:d=12,$3format=yuv420p[s0];$4"
  while IFS='|' read -r x y; do [ -n "$x" ] || continue
    chain="$chain[s$n][m$n]overlay=x='$x':y='$y'[s$((n + 1))];"; n=$((n + 1))
  done <<P
$5
P
  chain="$chain[s$n]noise=alls=3:allf=t,$6[out]"
  ffmpeg -v error -y -filter_complex "$chain" -map '[out]' -t 12 $X -crf 31 -maxrate 260k -bufsize 260k "$1.mp4"
  ffmpeg -v error -y -i "$1.mp4" -vf scale=320:180 $X -crf 33 -maxrate 90k -bufsize 90k "$1-small.mp4"
}
right() { printf "mod(t/12*700*%s+%s,700)-60" "$1" "$2"; }   # whole turns in 12 s
left() { printf "640-mod(t/12*700*%s+%s,700)" "$1" "$2"; }
down() { printf "mod(t/12*420*%s+%s,420)-60" "$1" "$2"; }
up() { printf "360-mod(t/12*420*%s+%s,420)" "$1" "$2"; }

# 路口
scene crossing 0x7d8a6f "$(box 0 0 250 120 0xb8a88f)$(box 390 0 250 110 0x9f8f86)$(box 0 245 240 115 0x8fa07f)$(box 400 250 240 110 0xa7a196)$(box 0 125 640 115 0x4a4d52)$(box 255 0 130 360 0x4a4d52)$(box 0 181 250 3 0xe8e8d8)$(box 390 181 250 3 0xe8e8d8)$(box 319 0 3 120 0xe8e8d8)$(box 319 245 3 115 0xe8e8d8)$(box 262 108 8 14 0xe8e8e8)$(box 286 108 8 14 0xe8e8e8)$(box 310 108 8 14 0xe8e8e8)$(box 334 108 8 14 0xe8e8e8)$(box 358 108 8 14 0xe8e8e8)" \
  "$(mover 0 46x20 0xb03a2e)$(mover 1 46x20 0xd8d8d8)$(mover 2 54x24 0x2e5fa8)$(mover 3 20x44 0xe0b040)$(mover 4 20x44 0x30343a)$(mover 5 8x14 0xd06a90)" \
  "$(right 2 0)|200
$(right 1 330)|206
$(left 2 120)|142
340|$(up 2 60)
276|$(down 1 200)
$(left 1 40)|110" "eq=brightness=0.02"
# 小区门口
scene gateway 0x9aa58c "$(box 0 0 640 150 0xc7b9a2)$(box 40 30 60 50 0x6d7f92)$(box 140 30 60 50 0x6d7f92)$(box 440 30 60 50 0x6d7f92)$(box 540 30 60 50 0x6d7f92)$(box 250 60 140 90 0x3d4148)$(box 0 230 640 90 0x53565b)$(box 0 273 640 3 0xe2e2d2)$(box 240 150 160 80 0x6a6d70)$(box 228 140 16 90 0x8c2f2a)$(box 396 140 16 90 0x8c2f2a)" \
  "$(mover 0 50x24 0x4a7a4f)$(mover 1 50x24 0xe5e2da)$(mover 2 9x22 0x31456b)$(mover 3 9x22 0xb55a4a)$(mover 4 22x14 0xdca43c)" \
  "$(right 1 100)|286
$(left 2 0)|240
if(lt(mod(t,12),6),260+t*18,476-t*18)|176
if(lt(mod(t,12),6),372-t*12,228+t*12)|196
$(right 2 420)|300" "eq=brightness=0.01"
# 市场
scene market 0x8d8779 "$(box 0 40 110 70 0xb0533f)$(box 130 40 110 70 0x3f7ab0)$(box 260 40 110 70 0x4a9a5c)$(box 390 40 110 70 0xc09a3c)$(box 520 40 120 70 0x8a5ca0)$(box 0 110 640 26 0xdcd2bd)$(box 0 290 640 70 0x6d6a63)$(box 0 286 640 4 0xcac4b4)" \
  "$(mover 0 10x24 0x2f4f7f)$(mover 1 10x24 0xa8433a)$(mover 2 10x24 0x3c6e47)$(mover 3 10x24 0x8a6a3a)$(mover 4 10x24 0x55585e)$(mover 5 30x16 0xe0e0e0)" \
  "$(right 1 60)|170
$(left 1 300)|200
$(right 1 500)|230
$(left 1 90)|184
$(right 2 250)|252
$(left 2 10)|310" "eq=saturation=0.9"
# 停车场，夜
scene parking 0x565a5f "$(box 20 30 90 6 0xd8d8d0)$(box 20 30 4 80 0xd8d8d0)$(box 110 30 4 80 0xd8d8d0)$(box 200 30 4 80 0xd8d8d0)$(box 290 30 4 80 0xd8d8d0)$(box 380 30 4 80 0xd8d8d0)$(box 470 30 4 80 0xd8d8d0)$(box 560 30 4 80 0xd8d8d0)$(box 38 44 56 58 0x8c3b34)$(box 218 44 56 58 0x3b5a8c)$(box 398 44 56 58 0xb8b8b0)$(box 20 250 4 80 0xd8d8d0)$(box 200 250 4 80 0xd8d8d0)$(box 380 250 4 80 0xd8d8d0)$(box 560 250 4 80 0xd8d8d0)$(box 90 262 70 52 0x66763f)$(box 440 262 70 52 0x5c3f76)" \
  "$(mover 0 56x30 0xd0d0c4)$(mover 1 9x20 0x9a9a5a)" \
  "$(right 1 0)|164
$(left 1 220)|206" "eq=brightness=-0.16:saturation=0.35"
# 桥头
scene bridge 0x7f9fb8 "$(box 0 210 640 150 0x466a86)$(box 0 130 640 90 0x5a5d60)$(box 0 122 640 10 0xb8b4aa)$(box 0 216 640 10 0xb8b4aa)$(box 0 173 640 3 0xe6e2c8)$(box 80 226 22 110 0x8f8b82)$(box 310 226 22 110 0x8f8b82)$(box 540 226 22 110 0x8f8b82)$(box 0 60 640 50 0x6f8a5f)" \
  "$(mover 0 70x26 0xc8763c)$(mover 1 44x20 0xdfe3e6)$(mover 2 44x20 0x38598a)$(mover 3 8x18 0x303030)" \
  "$(right 1 150)|184
$(right 2 420)|190
$(left 2 80)|142
$(left 1 300)|196" "eq=contrast=0.95"
