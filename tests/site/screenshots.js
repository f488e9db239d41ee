// Looking at screenshots, in a page of their own. A picture comes as the base64 text of a PNG file.
window.screenshots = (() => {
  async function pixels(encoded) {
    const image = new Image();
    image.src = `data:image/png;base64,${encoded}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height).data;
  }

  // How many pixels clearly differ between two pictures of one place.
  async function changed(before, after) {
    const [one, other] = [await pixels(before), await pixels(after)];
    if (one.length !== other.length) return one.length / 4;
    let count = 0;
    for (let at = 0; at < one.length; at += 4)
      if (Math.max(...[0, 1, 2].map((channel) => Math.abs(one[at + channel] - other[at + channel]))) > 32) count += 1;
    return count;
  }

  const linear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (r, g, b) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

  // The ground of a picture (its commonest colour), and how its grey ink stands out from it:
  // {ground: luminance, ink: number of grey pixels with a contrast of 4.5 or more, coloured: number}.
  async function ink(picture) {
    const data = await pixels(picture);
    const counts = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
      counts.set(colour, (counts.get(colour) || 0) + 1);
    }
    const [common] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best));
    const split = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
    const ground = luminance(...split(common));
    let [grey, coloured] = [0, 0];
    for (const [colour, count] of counts) {
      const channels = split(colour);
      if (Math.max(...channels) - Math.min(...channels) > 32) { coloured += count; continue; }
      const here = luminance(...channels);
      const contrast = (Math.max(here, ground) + 0.05) / (Math.min(here, ground) + 0.05);
      if (contrast >= 4.5) grey += count;
    }
    return { ground, ink: grey, coloured };
  }

  return { changed, ink };
})();
