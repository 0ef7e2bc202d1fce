/* vec_end.h: ends what vec_avx2.h or vec_avx512.h began: back to the command line's target. */
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
