// How far apart places are.

const RADIUS_KM = 6371.0088
const RADIANS = Math.PI / 180

/** Along the surface of a sphere as large as the Earth, in kilometres: from one of the `points` to another, by their indexes. */
export function distanceKm(points: Float64Array, a: number, b: number): number {
  const latA = radians(points, 2 * a)
  const latB = radians(points, 2 * b)
  const lng = radians(points, 2 * a + 1) - radians(points, 2 * b + 1)
  const half = Math.sin((latA - latB) / 2) ** 2 + Math.cos(latA) * Math.cos(latB) * Math.sin(lng / 2) ** 2
  return 2 * RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(half)))
}

function radians(points: Float64Array, at: number): number {
  return (points[at] ?? Number.NaN) * RADIANS
}
