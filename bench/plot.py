"""Curves as SVG, for the documents: black lines, each named at its end; nothing to install."""
import html

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 64, 110, 16, 48
DASHES = ["", "6 4", "2 3", "8 3 2 3"]


def steps(most, wanted=5):
    """Round numbers from 0 to above `most`."""
    step = next(base * 10 ** power for power in range(-4, 7) for base in (1, 2, 5) if most / (base * 10 ** power) <= wanted)
    return [step * n for n in range(int(most / step) + 2)]


def plot(path, curves, across, up, marked=None):
    """`curves`: {name: [(x, y)]}; `marked`: an x to draw a line at."""
    xs, ys = steps(max(x for points in curves.values() for x, _ in points)), steps(max(y for points in curves.values() for _, y in points))
    to_x = lambda x: LEFT + x / xs[-1] * (WIDTH - LEFT - RIGHT)
    to_y = lambda y: HEIGHT - BOTTOM - y / ys[-1] * (HEIGHT - TOP - BOTTOM)
    text = lambda x, y, words, anchor: f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(words)}</text>'
    line = lambda x1, y1, x2, y2, look: f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {look}/>'
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for x in xs:
        out += [line(to_x(x), to_y(0), to_x(x), to_y(0) + 4, 'stroke="black"'), text(to_x(x), to_y(0) + 18, f"{x:g}", "middle")]
    for y in ys:
        out += [line(LEFT, to_y(y), WIDTH - RIGHT, to_y(y), 'stroke="#ddd"'), text(LEFT - 6, to_y(y) + 4, f"{y:.3g}", "end")]
    if marked is not None:
        out.append(line(to_x(marked), to_y(0), to_x(marked), TOP, 'stroke="#888"'))
    for (name, points), dash in zip(curves.items(), DASHES, strict=False):
        path_of = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in points)
        out.append(f'<polyline points="{path_of}" fill="none" stroke="black" stroke-width="1.5" stroke-dasharray="{dash}"/>')
        out += [f'<circle cx="{to_x(x):.1f}" cy="{to_y(y):.1f}" r="2.5"/>' for x, y in points]
        end_x, end_y = points[-1]
        if end_x < max(x for other in curves.values() for x, _ in other):  # below its end, where others go on
            out.append(text(to_x(end_x), to_y(end_y) + 18, name, "middle"))
        else:
            out.append(text(to_x(end_x) + 8, to_y(end_y) + 4, name, "start"))
    out += [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, "middle"), text(LEFT, TOP - 4, up, "start"), "</svg>"]
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n")
