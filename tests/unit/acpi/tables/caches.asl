/* SPDX-License-Identifier: LGPL-2.1-or-later */
                          Signature : "HMAT"
                       Table Length : 00000000
                           Revision : 02
                           Checksum : 00
                             Oem ID : "NUMTIR"
                       Oem Table ID : "HOST    "
                       Oem Revision : 00000007
                    Asl Compiler ID : "BXPC"
              Asl Compiler Revision : 00000001

                           Reserved : 00000000

                     Structure Type : 0000
                           Reserved : 0000
                             Length : 00000028
              Flags (decoded below) : 0001
   Processor Proximity Domain Valid : 1
                          Reserved1 : 0000
Attached Initiator Proximity Domain : 00000000
            Memory Proximity Domain : 00000000
                          Reserved2 : 00000000
                          Reserved3 : 0000000000000000
                          Reserved4 : 0000000000000000

                     Structure Type : 0000
                           Reserved : 0000
                             Length : 00000028
              Flags (decoded below) : 0001
   Processor Proximity Domain Valid : 1
                          Reserved1 : 0000
Attached Initiator Proximity Domain : 00000011
            Memory Proximity Domain : 00000012
                          Reserved2 : 00000000
                          Reserved3 : 0000000000000000
                          Reserved4 : 0000000000000000

                     Structure Type : 0000
                           Reserved : 0000
                             Length : 00000028
              Flags (decoded below) : 0000
   Processor Proximity Domain Valid : 0
                          Reserved1 : 0000
Attached Initiator Proximity Domain : 00000000
            Memory Proximity Domain : 00000002
                          Reserved2 : 00000000
                          Reserved3 : 0000000000000000
                          Reserved4 : 0000000000000000

                     Structure Type : 0001
                           Reserved : 0000
                             Length : 00000040
              Flags (decoded below) : 20
                   Memory Hierarchy : 0
                          Data Type : 01
                          Reserved1 : 0000
       Initiator Proximity Domains # : 00000002
          Target Proximity Domains # : 00000003
                          Reserved2 : 00000000
                    Entry Base Unit : 0000000000000064
     Initiator Proximity Domain List : 00000000
     Initiator Proximity Domain List : 00000011
        Target Proximity Domain List : 00000000
        Target Proximity Domain List : 00000012
        Target Proximity Domain List : 00000002
                               Entry : 03ED
                               Entry : 0960
                               Entry : FFFF
                               Entry : 096A
                               Entry : 03E7
                               Entry : 0000

                     Structure Type : 0001
                           Reserved : 0000
                             Length : 00000040
              Flags (decoded below) : 20
                   Memory Hierarchy : 0
                          Data Type : 02
                          Reserved1 : 0000
       Initiator Proximity Domains # : 00000002
          Target Proximity Domains # : 00000003
                          Reserved2 : 00000000
                    Entry Base Unit : 0000000000000064
     Initiator Proximity Domain List : 00000000
     Initiator Proximity Domain List : 00000011
        Target Proximity Domain List : 00000000
        Target Proximity Domain List : 00000012
        Target Proximity Domain List : 00000002
                               Entry : 04B0
                               Entry : 0960
                               Entry : 7530
                               Entry : 096A
                               Entry : 04B0
                               Entry : 0000

                     Structure Type : 0001
                           Reserved : 0000
                             Length : 00000040
              Flags (decoded below) : 00
                   Memory Hierarchy : 0
                          Data Type : 04
                          Reserved1 : 0000
       Initiator Proximity Domains # : 00000002
          Target Proximity Domains # : 00000003
                          Reserved2 : 00000000
                    Entry Base Unit : 0000000000010000
     Initiator Proximity Domain List : 00000000
     Initiator Proximity Domain List : 00000011
        Target Proximity Domain List : 00000000
        Target Proximity Domain List : 00000012
        Target Proximity Domain List : 00000002
                               Entry : 0003
                               Entry : 0001
                               Entry : FFFF
                               Entry : 0001
                               Entry : 0003
                               Entry : 0000

                     Structure Type : 0001
                           Reserved : 0000
                             Length : 00000040
              Flags (decoded below) : 00
                   Memory Hierarchy : 0
                          Data Type : 05
                          Reserved1 : 0000
       Initiator Proximity Domains # : 00000002
          Target Proximity Domains # : 00000003
                          Reserved2 : 00000000
                    Entry Base Unit : 0000000000000001
     Initiator Proximity Domain List : 00000000
     Initiator Proximity Domain List : 00000011
        Target Proximity Domain List : 00000000
        Target Proximity Domain List : 00000012
        Target Proximity Domain List : 00000002
                               Entry : FFFE
                               Entry : 4E20
                               Entry : 1F40
                               Entry : 4E20
                               Entry : FDE8
                               Entry : 0000

                     Structure Type : 0001
                           Reserved : 0000
                             Length : 0000002A
              Flags (decoded below) : 01
                   Memory Hierarchy : 1
                          Data Type : 00
                          Reserved1 : 0000
       Initiator Proximity Domains # : 00000001
          Target Proximity Domains # : 00000001
                          Reserved2 : 00000000
                    Entry Base Unit : 0000000000000001
     Initiator Proximity Domain List : 00000000
        Target Proximity Domain List : 00000002
                               Entry : 7530

                     Structure Type : 0002
                           Reserved : 0000
                             Length : 00000024
            Memory Proximity Domain : 00000002
                          Reserved1 : 00000000
             Memory Side Cache Size : 0000000400000000
   Cache Attributes (decoded below) : 00401111
                 Total Cache Levels : 1
                        Cache Level : 1
                Cache Associativity : 1
                       Write Policy : 1
                    Cache Line Size : 0040
                          Reserved2 : 0001
                    SMBIOS Handle # : 0002
                      SMBIOS Handle : 1100
                      SMBIOS Handle : 1101

                     Structure Type : 0002
                           Reserved : 0000
                             Length : 00000020
            Memory Proximity Domain : 00000012
                          Reserved1 : 00000000
             Memory Side Cache Size : 0000000080000000
   Cache Attributes (decoded below) : 00801221
                 Total Cache Levels : 1
                        Cache Level : 2
                Cache Associativity : 2
                       Write Policy : 1
                    Cache Line Size : 0080
                          Reserved2 : 0000
                    SMBIOS Handle # : 0000
