/* precision_f32.h: makes the templates included after it work in float. */
#undef real
#undef BP_
#undef BP_IS_DOUBLE
#define real float
#define BP_(name) name##_f32
#define BP_IS_DOUBLE 0
