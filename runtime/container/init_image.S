/* The init program, as built, inside rt. launch.cc copies it into a sealed memfd for each container. */
        .section .rodata.init_image, "a"
        .balign 4096
        .globl rt_init_image
        .globl rt_init_image_end
rt_init_image:
        .incbin RT_INIT_FILE
rt_init_image_end:
        .section .note.GNU-stack, "", %progbits
