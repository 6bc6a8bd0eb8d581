// All comparisons, one after the other.
import './starts.ts'
import './save-to-active.ts'
