// All comparisons, one after the other.
import './starts.ts'
